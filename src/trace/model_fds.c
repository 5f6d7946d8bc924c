/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What decoders ask of descriptors, by the model. */
#include "trace/decode.h"
#include "trace/text.h"

static const char *model_label(void *arg, const struct sk_event *ev, int fd,
			       char *buf, size_t size)
{
	struct sk_model_fds *m = arg;
	const char *label;

	if (size < SK_LABEL_MAX)
		return NULL;
	label = sk_model_label(m->model, ev, fd, m->labels, buf);
	return m->only_sockets && !sk_model_life(m->model, ev->proc, fd) ?
		       NULL : label;
}

static bool model_socket(void *arg, const struct sk_event *ev, int fd,
			 int *family, int *protocol)
{
	struct sk_model_fds *m = arg;
	const struct sk_life *l = ev->proc && fd >= 0 ?
		sk_model_life(m->model, ev->proc, fd) : NULL;

	if (!l)
		return false;
	*family = l->family;
	*protocol = l->protocol;
	return true;
}

void sk_model_fds(struct sk_decode_fds *fds, struct sk_model_fds *m)
{
	*fds = (struct sk_decode_fds){
		.arg = m,
		.label = m->labels ? model_label : NULL,
		.socket = m->model ? model_socket : NULL,
	};
}
