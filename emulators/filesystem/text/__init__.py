"""What JavaScript and its libraries make of text: trimming, collation, globs, sizes and diffs, byte for byte."""
