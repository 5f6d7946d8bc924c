/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the conversations have in common. */
#include "net/proxy.h"

void sk_conv_put(struct sk_conv *c, const void *data, size_t n)
{
	if (n > sizeof(c->out) - c->out_len)
		return;
	memcpy(c->out + c->out_len, data, n);
	c->out_len += n;
}

void sk_conv_puts(struct sk_conv *c, const char *text)
{
	sk_conv_put(c, text, strlen(text));
}

int sk_conv_client(struct sk_conv *c, enum sk_proxy_type type,
		   const struct sk_target *target, const char *auth,
		   struct sk_err *err)
{
	*c = (struct sk_conv){
		.type = type, .target = *target, .auth = auth
	};
	return type == SK_PROXY_HTTP ? sk_http_client(c, err) :
				       sk_socks_client(c, err);
}

void sk_conv_associate(struct sk_conv *c, const char *auth)
{
	*c = (struct sk_conv){
		.type = SK_PROXY_SOCKS5, .auth = auth, .associate = true
	};
	sk_socks_client(c, NULL);
}

int sk_conv_server(struct sk_conv *c, enum sk_proxy_type type,
		   const char *auth)
{
	*c = (struct sk_conv){ .type = type, .auth = auth };
	if (type == SK_PROXY_HTTP)
		return sk_http_server(c);
	sk_socks_server(c);
	return 0;
}

void sk_conv_answer(struct sk_conv *c, int error, const struct sk_addr *local,
		    const char *why)
{
	if (c->type == SK_PROXY_HTTP)
		sk_http_answer(c, error, why);
	else
		sk_socks_answer(c, error, local);
}

void sk_conv_fini(struct sk_conv *c)
{
	free(c->head);
	c->head = NULL;
}
