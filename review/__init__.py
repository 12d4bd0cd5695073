"""The pages of reviewers: reads through storage, shows through reports, writes as commands do."""
