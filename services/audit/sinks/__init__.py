"""Where the journal is sent on to: files, syslog and HTTPS receivers that an operator names."""
