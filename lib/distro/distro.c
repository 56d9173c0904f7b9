#include "lib/distro/distro.h"
