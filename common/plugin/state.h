/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGIN_STATE_H
#define OOM_PLUGIN_STATE_H

/* Exit codes of the Monitoring Plugins guidelines. */
enum plugin_state { PLUGIN_OK = 0, PLUGIN_WARNING = 1, PLUGIN_CRITICAL = 2, PLUGIN_UNKNOWN = 3 };

const char *plugin_state_name(enum plugin_state state); /* "OK", … */

/* The more severe state: CRITICAL > WARNING > UNKNOWN > OK.  A problem that was found outweighs
 * something that could not be checked. */
enum plugin_state plugin_state_worst(enum plugin_state a, enum plugin_state b);

#endif
