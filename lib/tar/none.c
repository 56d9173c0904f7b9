typedef int stet_tar_empty;
