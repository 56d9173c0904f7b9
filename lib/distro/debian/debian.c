#include "lib/distro/debian/debian.h"
