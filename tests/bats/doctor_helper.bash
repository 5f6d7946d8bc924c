# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# What the doctor's tests share: its words are in `out` and `json`, and its
# status in `status`.

# finds RULE REGEX: status 3, the rule speaks first, with sentence and remedy
finds()
{
	content_is status 3 || { cat out err; return 1; }
	says err '^sockkit stat: [0-9]+ finding' || return 1
	says <(head -n 1 out) "^$1: $2" || return 1
	says <(sed -n 2p out) '^    remedy: .' || return 1
	says_not out '\{|\}|\?' || return 1
	command -v jq >/dev/null || return 0
	jq -e --arg rule "$1" 'map(select(.rule == $rule)) |
		length > 0 and (.[0] | (.says | length > 0) and
		(.remedy | length > 0) and (.evidence | length > 0) and
		.severity > 0)' json
}
