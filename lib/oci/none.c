typedef int stet_oci_empty;
