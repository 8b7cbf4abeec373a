"""Every line out of the building: allow-listed hosts only, signed, no redirects, each with named users."""
