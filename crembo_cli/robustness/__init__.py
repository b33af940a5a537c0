"""What a student can be trusted with: depth for rows not seen, margins, noise, resampling."""
