/* SPDX-License-Identifier: GPL-3.0-or-later */
/* base: units, escaping, suggestions. */
#include "tap.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/library.h"
#include "base/suggest.h"
#include "base/text.h"
#include "base/units.h"

static void size_is(const char *text, int r, uint64_t want)
{
	uint64_t got = 0;
	int got_r = sk_parse_size(text, &got);

	ok(got_r == r && (r || got == want), "size %s", text);
}

static void duration_is(const char *text, int r, uint64_t want)
{
	uint64_t got = 0;
	int got_r = sk_parse_duration(text, &got);

	ok(got_r == r && (r || got == want), "duration %s", text);
}

static void escape_is(const void *src, size_t len, size_t size,
		      const char *want)
{
	char buf[128];

	is_str(sk_escape(buf, size, src, len), want, "escape");
}

static const char *fruit(void *arg, size_t i)
{
	static const char *const names[] = { "listen", "connect", "stat" };

	(void)arg;
	return i < 3 ? names[i] : NULL;
}

static void json(void)
{
	struct sk_out o;
	struct sk_json j;

	sk_out_init(&o, -1);
	sk_json_init(&j, &o);
	sk_json_begin(&j, '{');
	sk_json_key(&j, "a");
	sk_json_begin(&j, '[');
	sk_json_u64(&j, UINT64_MAX);
	sk_json_i64(&j, INT64_MIN);
	sk_json_null(&j);
	sk_json_bool(&j, true);
	sk_json_double(&j, 0.5);
	sk_json_end(&j, ']');
	sk_json_key(&j, "q\"");
	sk_json_strn(&j, "\xff\n\xc3\xa9\0\x1b\\", 7);
	sk_json_put_str(&j, "none", NULL);
	sk_json_put_bool(&j, "b", false);
	sk_json_put_u64(&j, "u", UINT64_MAX);
	sk_json_put_i64(&j, "i", -1);
	sk_json_put_exact(&j, "x", 0.1);
	sk_json_end(&j, '}');
	sk_out_char(&o, '\0');
	is_str(o.buf,
	       "{\"a\":[18446744073709551615,-9223372036854775808,null,true,"
	       "0.5],\"q\\\"\":\"\\\\xff\\n\xc3\xa9\\u0000\\u001b\\\\\","
	       "\"none\":null,\"b\":false,\"u\":18446744073709551615,"
	       "\"i\":-1,\"x\":0.1}", "json");
	sk_out_fini(&o);
}

/* --- libraries that are loaded when they are needed ------------------------- */

static struct SK_LIBRARY_TABLE {
	size_t (*mnl_nlmsg_size)(size_t len);
} mnl;

static int load(const char *sonames, const char *name, struct sk_err *err)
{
	static const char *names[1];
	struct sk_library lib = { "netlink", sonames, names, 1, &mnl,
				  sizeof(mnl), 0 };
	int r;

	names[0] = name;
	r = sk_library_load(&lib, err);
	ok(sk_library_load(&lib, NULL) == r, "... and the same again");
	return r;
}

static void test_library(void)
{
	struct sk_err err;

	ok(load("libnosuch.so.1", "mnl_nlmsg_size", &err) < 0 &&
		   strstr(err.text, "netlink: ") &&
		   strstr(err.text, "libnosuch.so.1"),
	   "a library that is not there is named: %s", err.text);
	ok(load("libmnl.so.0", "no_such_name", &err) < 0 &&
		   strstr(err.text, "no_such_name"),
	   "a name that it does not have: %s", err.text);
	ok(load("a b c d e", "x", &err) < 0, "more libraries than we hold");
	ok(!load(" libmnl.so.0", "mnl_nlmsg_size", &err) &&
		   mnl.mnl_nlmsg_size(4) == 20, "one that is there is called");
}

static void exact_numbers(void)
{
	static const double v[] = { 0.1, 1.0 / 3, 1e15 + 0.5, 1e-300, 5 };
	struct sk_out o;
	struct sk_json j;
	char *end;
	bool same = true;

	sk_out_init(&o, -1);
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		double back;

		sk_json_init(&j, &o);
		sk_json_exact(&j, v[i]);
		sk_out_char(&o, '\0');
		back = strtod(o.buf, &end);
		same &= !memcmp(&back, &v[i], sizeof(back)) && !*end;
		if (!i)
			is_str(o.buf, "0.1", "no more digits than it takes");
		o.len = 0;
	}
	ok(same, "numbers that are read back as they were");
	sk_out_fini(&o);
}

static void files(void)
{
	char dir[] = "/tmp/sockkit-base-XXXXXX", path[64], *data = NULL;
	struct sk_err err = { 0 };
	struct stat st = { 0 };
	size_t len = 0;

	if (!ok(mkdtemp(dir) != NULL, "a folder"))
		return;
	snprintf(path, sizeof(path), "%s/file", dir);
	ok(sk_file_read(path, 10, &data, &len, &err) == -ENOENT && !data,
	   "no file: %s", err.text);
	umask(022);
	ok(!sk_file_write(path, "first", 5, &err) &&
	   !sk_file_write(path, "again", 5, &err) && !stat(path, &st) &&
	   (st.st_mode & 0777) == 0644, "a file, written over");
	ok(!sk_file_read(path, 5, &data, &len, &err) && len == 5,
	   "read back");
	is_str(data, "again", "as it was written last");
	free(data);
	ok(sk_file_read(path, 4, &data, &len, &err) == -EFBIG && !data,
	   "too large: %s", err.text);
	unlink(path);
	ok(!rmdir(dir), "nothing else is left behind");
	ok(sk_file_write("/dev/null", "x", 1, &err) == 0 &&
	   !stat("/dev/null", &st) && S_ISCHR(st.st_mode),
	   "what is no file is written in place");
	ok(sk_file_write("/proc/none/x", "x", 1, &err) < 0 && *err.text,
	   "a place that is none: %s", err.text);
}

int main(void)
{
	char buf[SK_UNITS_MAX];
	uint64_t u;

	size_is("0", 0, 0);
	size_is("4K", 0, 4096);
	size_is("4kB", 0, 4000);
	size_is("1.5M", 0, 1536 * 1024);
	size_is("1MB", 0, 1000000);
	size_is("18446744073709551615", 0, UINT64_MAX);
	size_is("18446744073709551616", -ERANGE, 0);
	size_is("99999999999G", -ERANGE, 0);
	size_is("", -EINVAL, 0);
	size_is("-1", -EINVAL, 0);
	size_is("0x10", -EINVAL, 0);
	size_is("4KK", -EINVAL, 0);
	size_is("inf", -EINVAL, 0);

	duration_is(".5", -EINVAL, 0);
	duration_is("1", 0, 1000000);
	duration_is("250ms", 0, 250000);
	duration_is("0.5s", 0, 500000);
	duration_is("2m", 0, 120000000);
	duration_is("1h", 0, UINT64_C(3600000000));
	duration_is("1x", -EINVAL, 0);

	ok(!sk_parse_rate("10M/s", &u) && u == 10 << 20, "rate 10M/s");
	ok(sk_parse_rate("/s", &u) == -EINVAL, "rate without a number");

	is_str(sk_format_size(buf, 512), "512 B", "bytes are whole");
	is_str(sk_format_size(buf, 1536), "1.5 KiB", "kibibytes");
	is_str(sk_format_size(buf, (1 << 20) - 1), "1.0 MiB", "no 1024.0 KiB");
	is_str(sk_format_size(buf, UINT64_MAX), "16.0 EiB", "largest");
	is_str(sk_format_duration(buf, 999499), "999 ms", "just below 1 s");
	is_str(sk_format_duration(buf, 999900), "1 s", "no 1e+03 ms");
	is_str(sk_format_duration(buf, 90 * UINT64_C(1000000)), "1:30", "1:30");

	test_library();
	escape_is("plain \xc3\xa9", 8, 128, "plain \xc3\xa9");
	escape_is("a\033[2Jb\n", 7, 128, "a\\x1b[2Jb\\n");
	escape_is("\xff\xc3", 2, 128, "\\xff\\xc3");
	escape_is("\xe2\x80\xae", 3, 128, "\\xe2\\x80\\xae");
	escape_is("\0", 1, 128, "\\x00");
	escape_is("0123456789", 10, 8, "0123...");
	escape_is("\xc0\xaf", 2, 128, "\\xc0\\xaf");

	is_str(sk_suggest("lisen", fruit, NULL), "listen", "a letter missing");
	is_str(sk_suggest("conenct", fruit, NULL), "connect", "two swapped");
	ok(!sk_suggest("zzz", fruit, NULL), "nothing near");
	json();
	exact_numbers();
	files();
	return tap_done();
}
