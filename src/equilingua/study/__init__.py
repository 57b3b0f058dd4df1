"""Studies: grids of recipes with seeds, what their runs say, and how sure that is."""
