# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# What a test may find around it is the same everywhere, whoever calls it and
# from where: variables that change what we, or the programs that tests use,
# say or do are gone, and the few that must be there are.

# HOME stays, as version managers look there for the programs that they stand
# for. Without it, or SHELL, each bash would ask for its user's entry, which may
# be a socket's work (nscd).
HOME=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
export HOME=${HOME:-/} SHELL=/bin/sh LC_ALL=C.UTF-8 TERM=dumb
# Programs of the system's are not in every user's PATH.
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
# Names that are in no file are asked for once, where somebody may not answer.
export RES_OPTIONS='timeout:1 attempts:1' LOCALDOMAIN=invalid

unset COLUMNS LINES NO_COLOR TZ LANG LANGUAGE POSIXLY_CORRECT CDPATH BASH_ENV \
	ENV INPUTRC TMUX GREP_COLOR GREP_COLORS GREP_OPTIONS TIME_STYLE \
	BLOCK_SIZE MAKEFLAGS MFLAGS MAKELEVEL DEBUGINFOD_URLS HOSTALIASES \
	CURL_HOME OPENSSL_CONF SSL_CERT_FILE SSL_CERT_DIR SSLKEYLOGFILE \
	{http,https,all,no,ftp}_proxy {HTTP,HTTPS,ALL,NO,FTP}_PROXY \
	XDG_RUNTIME_DIR XDG_STATE_HOME XDG_CONFIG_HOME XDG_DATA_HOME \
	SOCKKIT_PROXY_AUTH SOCKKIT_SSL_PASSPHRASE LISTEN_FDS LISTEN_PID \
	LISTEN_FDNAMES PYTHONDEVMODE PYTHONWARNINGS PYTHONSTARTUP \
	PYTHONUNBUFFERED PYTHONPATH PYTHONHOME PYTHONIOENCODING

umask 022
[ "$(ulimit -Sn)" = unlimited ] || [ "$(ulimit -Sn)" -ge 1024 ] ||
	ulimit -Sn 1024 2>/dev/null || true

# A number that is free here would be given to what a test opens first.
{ : <&0; } 2>/dev/null || exec </dev/null
