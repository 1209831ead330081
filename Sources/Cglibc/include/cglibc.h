#ifndef STATUSD_CGLIBC_H
#define STATUSD_CGLIBC_H

#endif
