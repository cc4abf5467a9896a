/* SPDX-License-Identifier: Apache-2.0 */
#include "service/unit-quote.h"

void unit_quote(const char *text, struct str *ret)
{
	str_add(ret, "\"");
	for (; *text; text++) {
		if (*text == '%')
			str_add(ret, "%");
		else if (*text == '"' || *text == '\\')
			str_add(ret, "\\");
		str_add_n(ret, text, 1);
	}
	str_add(ret, "\"");
}
