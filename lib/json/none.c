typedef int stet_json_empty;
