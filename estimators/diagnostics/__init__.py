"""What a reader has to know of an estimate besides its numbers: noise, leverage, which interval."""
