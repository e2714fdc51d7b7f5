/*
 * url: where requests go: which URLs we speak to, what host a URL really names, and
 * whether that is this machine. libcurl's parser is the authority, so that what is
 * judged here is what is connected to. It looks nothing up.
 */
#ifndef URL_H
#define URL_H

#include <stdbool.h>

#include "host.h"

/* The base URL where SUPAI_BASE_URL says nothing else. */
#define URL_BASE "https://" HOST_SERVICE "/v1/openai"

struct url {
	char	*text;		/* as libcurl writes it, without a fragment; owned */
	char	*host;		/* lower case, IPv6 without brackets, without the
				   dot of the DNS root; owned */
	long	 port;		/* the scheme's own where the text has none */
	bool	 https;		/* else plain http */
	bool	 loopback;	/* localhost, 127.0.0.0/8 or ::1, as parsed */
};

/*
 * Parses an absolute http or https URL. tail, where not NULL, is a path to put after
 * the URL's own ("chat/completions"), or beside its last part ("../info/models"); a
 * query is kept, and a /chat/completions at the path's end is no part of the base.
 * Returns NULL, or what is wrong with the text (a constant), and then *u holds nothing.
 * A URL with a user or a password in it is wrong: secrets have their own way in.
 */
const char *url_parse(struct url *u, const char *text, const char *tail);

void	url_free(struct url *u);

#endif
