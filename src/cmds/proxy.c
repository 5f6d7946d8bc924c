/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmds/proxy.h"

#include "base/text.h"

#define OFF(field) offsetof(struct sk_proxy_args, field)

enum { DNS_REMOTE, DNS_LOCAL };

/* The place of https in the choices, behind the types of the conversation. */
#define HTTPS (SK_PROXY_SOCKS5 + 1)

const struct sk_opt sk_proxy_client_options[] = {
	{ 0, "proxy", SK_LIST, "ADDRESS", OFF(list), SK_GRP_PROXY,
	  .help = "connect through this proxy; several: through each in turn" },
	{ 0, "proxy-type", SK_CHOICE, "TYPE", OFF(type), SK_GRP_PROXY,
	  .choices = "http,socks4,socks4a,socks5,https", .seen = OFF(has_type),
	  .needs = "proxy", .help = "what the proxy speaks" },
	{ 0, "proxy-auth", SK_STRING, "USER:PASS", OFF(auth), SK_GRP_PROXY,
	  .needs = "proxy",
	  .help = "the user for it; or @FILE that has it; or by environment" },
	{ 0, "proxy-dns", SK_CHOICE, "WHERE", OFF(dns), SK_GRP_PROXY,
	  .choices = "remote,local", .seen = OFF(has_dns), .needs = "proxy",
	  .help = "who looks up names: the proxy or we" },
	{ .kind = SK_INCLUDE, .off = OFF(ssl), .table = sk_ssl_proxy_options },
	SK_OPT_END
};

const struct sk_opt sk_proxy_udp_options[] = {
	{ 0, "proxy", SK_LIST, "ADDRESS", OFF(list), SK_GRP_PROXY,
	  .excludes = "listen,unconnected,broadcast,join",
	  .help = "have this proxy relay the datagrams; several: each to "
		  "the next" },
	{ 0, "proxy-type", SK_CHOICE, "TYPE", OFF(type), SK_GRP_PROXY,
	  .choices = "socks5", .seen = OFF(has_type), .needs = "proxy",
	  .help = "what the proxy speaks" },
	{ 0, "proxy-auth", SK_STRING, "USER:PASS", OFF(auth), SK_GRP_PROXY,
	  .needs = "proxy",
	  .help = "the user for it; or @FILE that has it; or by environment" },
	{ 0, "proxy-dns", SK_CHOICE, "WHERE", OFF(dns), SK_GRP_PROXY,
	  .choices = "remote,local", .seen = OFF(has_dns), .needs = "proxy",
	  .help = "who looks up names: the proxy or we" },
	SK_OPT_END
};

const struct sk_opt sk_proxy_server_options[] = {
	{ 0, "proxy-type", SK_CHOICE, "TYPE", OFF(type), SK_GRP_PROXY,
	  .choices = "http,socks5", .seen = OFF(has_type),
	  .excludes = "echo,discard,broker,chat,exec,sh-exec,to",
	  .help = "be a proxy for the clients" },
	{ 0, "proxy-auth", SK_STRING, "USER:PASS", OFF(auth), SK_GRP_PROXY,
	  .needs = "proxy-type",
	  .help = "let in this user; or @FILE that has it; or by environment" },
	SK_OPT_END
};

/* --- the secret ------------------------------------------------------------- */

/* The first line of a file, so that it stands in no list of processes. */
static int read_secret(struct sk_proxy_args *a, const char *path,
		       struct sk_err *err)
{
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f)
		return sk_fail(err, -errno, "--proxy-auth @%s: %s", path,
			       sk_strerror(errno));
	n = fread(a->secret, 1, sizeof(a->secret) - 1, f);
	fclose(f);
	a->secret[n] = '\0';
	a->secret[strcspn(a->secret, "\r\n")] = '\0';
	return 0;
}

static int parse_secret(struct sk_proxy_args *a, struct sk_err *err)
{
	const char *text = a->auth ? a->auth : getenv("SOCKKIT_PROXY_AUTH");
	const char *colon;
	int r = 0;

	/* An option without a word would be a proxy open to everybody. */
	if (!text || (!a->auth && !*text))
		return 0;
	if (a->auth && *text == '@')
		r = read_secret(a, text + 1, err);
	else if (sk_copy(a->secret, sizeof(a->secret), text) < 0)
		return sk_usage(err, "--proxy-auth: too long");
	if (r < 0)
		return r;
	/* RFC 1929: both have their length in a byte. */
	colon = strchr(a->secret, ':');
	if (!colon || colon == a->secret || colon - a->secret > 255 ||
	    strlen(colon + 1) > 255)
		return sk_usage(err, "--proxy-auth: not USER:PASS of up to "
				     "255 characters each");
	return 0;
}

/* --- clients ---------------------------------------------------------------- */

static const struct {
	const char *prefix;
	int type;
} prefixes[] = {
	{ "http://", SK_PROXY_HTTP },
	{ "socks4://", SK_PROXY_SOCKS4 },
	{ "socks4a://", SK_PROXY_SOCKS4A },
	{ "socks5://", SK_PROXY_SOCKS5 },
	{ "https://", HTTPS },
};

/* What other programs take in a URL. A password is not repeated. */
static int check_url(const char *text, struct sk_err *err)
{
	if (sk_starts_with(text, "unix:"))
		return 0;
	if (strchr(text, '@'))
		return sk_usage(err, "--proxy: no user stands before the host; "
				     "--proxy-auth has it");
	if (strstr(text, "://"))
		return sk_usage(err, "--proxy: only http, https, socks4, "
				     "socks4a or socks5 stand before ://");
	return 0;
}

static int parse_proxy(struct sk_proxy *p, const char *text, int preset,
		       struct sk_err *err)
{
	int r;

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		if (!sk_starts_with(text, prefixes[i].prefix))
			continue;
		preset = prefixes[i].type;
		text += strlen(prefixes[i].prefix);
		break;
	}
	p->tls = preset == HTTPS;
	p->type = p->tls ? SK_PROXY_HTTP : (enum sk_proxy_type)preset;
	r = check_url(text, err);
	if (r >= 0)
		r = sk_target_parse(&p->target, text, err);
	if (r >= 0 && p->target.kind == SK_TARGET_INET &&
	    !strcmp(p->target.service, "0"))
		return sk_usage(err, "--proxy %s: port 0: nothing can be "
				     "reached there", text);
	return r;
}

/* Only the first of a chain is reached by us; proxies know no other kinds. */
static int check_targets(const struct sk_proxies *p, const struct sk_target *t,
			 struct sk_err *err)
{
	for (size_t i = 1; i < p->n; i++)
		if (p->v[i].target.kind != SK_TARGET_INET)
			return sk_usage(err, "--proxy: only the first of a "
					     "chain can be no HOST:PORT");
	if (t->kind != SK_TARGET_INET)
		return sk_usage(err, "--proxy: a proxy connects to HOST:PORT "
				     "only");
	return 0;
}

/* The first that is no host has no name to be checked, unless one is said. */
static int begin_tls(struct sk_proxy_args *a, struct sk_err *err)
{
	struct sk_proxies *p = &a->proxies;
	const struct sk_target *first = &p->v[0].target;
	bool wanted = false;
	int r;

	for (size_t i = p->n; i--;)
		if (p->v[i].tls) {
			first = &p->v[i].target;
			wanted = true;
		}
	r = sk_ssl_begin_other(&a->ssl, wanted, "proxy-", first, err);
	p->tls = a->ssl.tls;
	return r;
}

void sk_proxy_end(struct sk_proxy_args *a)
{
	sk_ssl_end(&a->ssl);
}

/* The proxies of the list, and the user for them. */
static int parse_all(struct sk_proxy_args *a, int preset, struct sk_err *err)
{
	struct sk_proxies *p = &a->proxies;
	int r = 0;

	if (a->list.n > SK_PROXY_CHAIN_MAX)
		return sk_usage(err, "--proxy: a chain of at most %d",
				SK_PROXY_CHAIN_MAX);
	for (p->n = 0; p->n < a->list.n && r >= 0; p->n++)
		r = parse_proxy(&p->v[p->n], a->list.v[p->n], preset, err);
	if (r >= 0)
		r = parse_secret(a, err);
	p->auth = *a->secret ? a->secret : NULL;
	p->local_dns = a->dns == DNS_LOCAL;
	return r;
}

int sk_proxy_begin_client(struct sk_proxy_args *a, struct sk_net_opts *net,
			  const struct sk_target *t, struct sk_err *err)
{
	int r;

	if (!a->list.n)
		return 0;
	if ((r = parse_all(a, a->type, err)) < 0 ||
	    (r = check_targets(&a->proxies, t, err)) < 0 ||
	    (r = begin_tls(a, err)) < 0)
		return r;
	net->proxies = &a->proxies;
	return 0;
}

int sk_proxy_begin_udp(struct sk_proxy_args *a, struct sk_net_opts *net,
		       struct sk_err *err)
{
	const struct sk_proxy *v = a->proxies.v;
	int r;

	if (!a->list.n)
		return 0;
	r = parse_all(a, SK_PROXY_SOCKS5, err);
	for (size_t i = 0; i < a->proxies.n && r >= 0; i++)
		if (v[i].tls || v[i].type != SK_PROXY_SOCKS5 ||
		    v[i].target.kind != SK_TARGET_INET)
			return sk_usage(err, "--proxy: datagrams are relayed "
					     "by a HOST:PORT that speaks "
					     "socks5");
	net->proxies = &a->proxies;
	return r;
}

/* --- the proxy -------------------------------------------------------------- */

int sk_proxy_begin_server(struct sk_proxy_args *a, struct sk_err *err)
{
	static const enum sk_proxy_type types[] = { SK_PROXY_HTTP,
						    SK_PROXY_SOCKS5 };

	if (!a->has_type)
		return 0;
	a->type = (int)types[a->type];
	return parse_secret(a, err);
}
