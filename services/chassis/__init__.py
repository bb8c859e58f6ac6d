"""What every service stands on. Not one word of any service's domain lives here."""
