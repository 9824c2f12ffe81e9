"""What figures of many panels share: marks, dots with intervals, bars."""

MARKERS = "osDv^<>PX*hp"
