"""What is kept here, as it is decided about; never what it says."""
