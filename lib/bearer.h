/*
 * bearer: the token that a client shows (RFC 6750, section 2.1). Whether it is
 * a right one is for the server to say.
 */
#ifndef BEARER_H
#define BEARER_H

/*
 * The token in the value of an Authorization header (NULL: there is none),
 * borrowed from it; "" where it has no bearer token.
 */
const char *bearer_token(const char *authorization);

#endif
