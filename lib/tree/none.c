typedef int stet_tree_empty;
