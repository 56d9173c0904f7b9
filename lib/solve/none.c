typedef int stet_solve_empty;
