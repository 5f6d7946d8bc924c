/* SPDX-License-Identifier: GPL-3.0-or-later */
typedef int bench_engine_uring_is_empty;
