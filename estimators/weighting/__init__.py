"""What SC, DIFP and SDID share: which cells share weights, with whom they are compared, and how."""
