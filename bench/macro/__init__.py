"""The same endpoints in each framework; every module makes the applications of `workloads`."""
