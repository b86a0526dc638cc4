"""What cases writes for people: a first draft of a typical case, and the case as a paper."""
