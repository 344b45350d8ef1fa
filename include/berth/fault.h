/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_FAULT_H
#define BERTH_FAULT_H
/* Named places at which tests can make the program fail ("net.connect", "session.create"). Without BERTH_FAULT=name[:n[+]]
 * in the environment of a build with --enable-faults they cost nothing and never fire. n: the n-th time (1 when absent);
 * '+': from then on. The value "kill:name" dies of SIGKILL there instead. */
#include <stdbool.h>
#include <config.h> /* not "…": berth/config.h is beside this file */

bool fault_hit(const char *name); /* what a fault point asks; use fault_point() */
#ifdef ENABLE_FAULTS
#define fault_point(name) fault_hit(name)
#else
#define fault_point(name) false
#endif
#endif
