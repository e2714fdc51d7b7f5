/*
 * host: whether the name of a host means this machine. Nothing is looked up.
 */
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>

/*
 * Whether a host is loopback's: "localhost", 127.0.0.0/8 or ::1, in lower case
 * and without a port or brackets.
 */
bool	host_is_loopback(const char *host);

#endif
