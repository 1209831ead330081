#include "cglibc.h"
