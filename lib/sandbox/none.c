typedef int stet_sandbox_empty;
