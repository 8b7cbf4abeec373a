"""Stand-in for people at the pages: a resident at マイナポータル, and the clinic that vaccinates."""
