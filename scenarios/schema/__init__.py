"""Every lever, parameter and fact of a county, with range, unit, labels and source."""
