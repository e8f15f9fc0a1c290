"""Reports of a period: what was collected, by agency, fee, channel and officer."""
