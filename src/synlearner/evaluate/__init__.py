"""Whether it helped: fresh students on gold rows, intervals, and what a stream's matrix says about transfer and forgetting."""
