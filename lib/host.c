#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>

#include <string.h>
#include <strings.h>

#include "host.h"

const char *
host_of(const char *s, size_t *n)
{
	const char *end, *at;

	*n = 0;
	s = strstr(s, "://");
	if (s == NULL)
		return NULL;
	s += 3;
	end = s + strcspn(s, "/?#");
	for (at = s; at < end; at++)
		if (*at == '@')
			s = at + 1;
	at = *s == '[' ? memchr(s, ']', (size_t)(end - s)) : NULL;
	if (at != NULL)
		s++;
	else
		at = s + strcspn(s, ":/?#");
	*n = (size_t)(at - s);
	if (*n > 1 && s[*n - 1] == '.')
		--*n;
	return *n > 0 ? s : NULL;
}

bool
host_is_service(const char *url)
{
	size_t n;
	const char *host = host_of(url, &n);

	return host != NULL && n == strlen(HOST_SERVICE) &&
	    strncasecmp(host, HOST_SERVICE, n) == 0;
}

bool
host_is_loopback(const char *host)
{
	struct in6_addr six;
	struct in_addr four;

	if (strcasecmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, host, &six) == 1 &&
	    memcmp(&six, &in6addr_loopback, sizeof(six)) == 0;
}

void
host_fold(char *host)
{
	size_t n = strlen(host);

	if (n > 1 && host[n - 1] == '.')
		host[n - 1] = '\0';
	for (; *host != '\0'; host++)
		if (*host >= 'A' && *host <= 'Z')
			*host = (char)(*host - 'A' + 'a');
}
