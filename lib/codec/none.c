typedef int stet_codec_empty;
