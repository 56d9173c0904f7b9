typedef int stet_net_empty;
