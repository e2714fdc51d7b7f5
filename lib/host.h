/*
 * host: the host that a URL names, and whether that is the service or this machine.
 * It looks nothing up. Where requests go is decided by url, with libcurl's parser.
 */
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>
#include <stddef.h>

/* The service's own. */
#define HOST_SERVICE "api.sup.ai"

/*
 * The host of the URL s (RFC 3986, section 3.2), without the user's name, the port, an
 * address's brackets and the dot of the DNS root: borrowed from s, *n bytes, upper and
 * lower case as they are. NULL where s has no "://", or no host.
 */
const char *host_of(const char *s, size_t *n);

/* Whether a URL's host is the service's. */
bool	host_is_service(const char *url);

/*
 * Whether a host is loopback's: "localhost", 127.0.0.0/8 or ::1, without a port or
 * brackets.
 */
bool	host_is_loopback(const char *host);

/* Writes a host the one way it is compared: in lower case, without the DNS root's dot. */
void	host_fold(char *host);

#endif
