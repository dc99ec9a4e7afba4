/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "plugin/inside.h"
#include "plugin/plugin.h"

#define METRIC_MAX 256

static bool is_label(const char *label)
{
	return label[0] != '\0' && strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(label);
}

/* Value and limits share one unit: a limit in percent does not apply to bytes. */
static bool is_limit(const struct plugin_range *range, const char *unit)
{
	static const char *const units[] = {
		[NUMBER_BYTES] = "B",
		[NUMBER_SECONDS] = "s",
		[NUMBER_PERCENT] = "%",
	};

	return range && range->set &&
	       (range->dimension == NUMBER_PLAIN || strcmp(units[range->dimension], unit) == 0);
}

void plugin_perfdata(struct plugin *plugin, const char *label, double value, const char *unit,
		     const struct plugin_range *warning, const struct plugin_range *critical,
		     const double *min, const double *max)
{
	TEXT_ON_STACK(metric, METRIC_MAX);

	assert(is_label(label));
	if (plugin->perfdata.length > 0)
		text_append(&metric, " ");
	text_printf(&metric, "%s=", label);
	/* Graphing tools do not accept infinity. */
	if (isfinite(value)) {
		number_append_decimal(&metric, value);
		text_append(&metric, unit);
	} else {
		text_append(&metric, "U");
	}
	text_append(&metric, ";");
	if (is_limit(warning, unit))
		plugin_range_append(&metric, warning);
	text_append(&metric, ";");
	if (is_limit(critical, unit))
		plugin_range_append(&metric, critical);
	text_append(&metric, ";");
	if (min && isfinite(*min))
		number_append_decimal(&metric, *min);
	text_append(&metric, ";");
	if (max && isfinite(*max))
		number_append_decimal(&metric, *max);
	while (metric.length > 0 && metric.data[metric.length - 1] == ';')
		metric.length--;
	/* Leave out a metric that does not fit; a truncated number would be wrong. */
	if (!metric.truncated && metric.length < plugin->perfdata.size - plugin->perfdata.length)
		text_append_bytes(&plugin->perfdata, metric.data, metric.length);
}

void plugin_perfdata_amount(struct plugin *plugin, const char *label, double value, const char *unit)
{
	const double zero = 0;

	plugin_perfdata(plugin, label, value, unit, NULL, NULL, &zero, NULL);
}

void plugin_unknown_append(struct text *text, const char *labels)
{
	while (labels && *labels) {
		const size_t length = strcspn(labels, " ");

		text_append_bytes(text, labels, length);
		text_append(text, labels[length] ? "=U " : "=U");
		labels += length + (labels[length] == ' ');
	}
}

void plugin_perfdata_unknown(struct plugin *plugin)
{
	if (plugin->perfdata.length == 0)
		plugin_unknown_append(&plugin->perfdata, plugin->labels);
}
