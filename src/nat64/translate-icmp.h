/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* The maps between ICMP and ICMPv6: types, codes, pointers, MTUs (RFC 7915 sections 4.2, 4.3, 5.2 and 5.3). Pure. */
#pragma once

#include "nat64/translate.h"

/* What became of an ICMP header. `pointer` and `mtu` go into the second word where the new type has them. */
enum icmp_kind {
	ICMP_NONE,    /* no counterpart: drop */
	ICMP_PING,    /* an echo: the second word stays */
	ICMP_ERROR,   /* an error that holds a packet; the second word is zero */
	ICMP_POINTER, /* an error with `value` as pointer */
	ICMP_MTU,     /* an error that tells an MTU */
};

struct icmp_map {
	enum icmp_kind kind;
	__u8 type, code;
	__u32 value;
};

#define ICMP_MAPPED(kind, type, code, value) ((struct icmp_map){kind, type, code, value})

TRANSLATE struct icmp_map unreachable_to6(__u8 code)
{
	switch (code) {
	case 0: /* network, host unreachable */
	case 1:
	case 5: /* source route failed */
	case 6: /* network, host unknown */
	case 7:
	case 8:	 /* source host isolated */
	case 11: /* network, host unreachable for the type of service */
	case 12:
		return ICMP_MAPPED(ICMP_ERROR, ICMP6_UNREACHABLE, 0, 0);
	case 2: /* protocol: the next header field is what's wrong */
		return ICMP_MAPPED(ICMP_POINTER, ICMP6_PARAMETER, 1, 6);
	case 3: /* port */
		return ICMP_MAPPED(ICMP_ERROR, ICMP6_UNREACHABLE, 4, 0);
	case 4: /* fragmentation needed */
		return ICMP_MAPPED(ICMP_MTU, ICMP6_TOO_BIG, 0, 0);
	case 9: /* prohibited */
	case 10:
	case 13:
	case 15: /* precedence cutoff */
		return ICMP_MAPPED(ICMP_ERROR, ICMP6_UNREACHABLE, 1, 0);
	default:
		return ICMP_MAPPED(ICMP_NONE, 0, 0, 0);
	}
}

/* RFC 7915 figure 3; -1: no counterpart. */
TRANSLATE int pointer_to6(__u8 pointer)
{
	switch (pointer) {
	case 0: /* version, header length; type of service */
	case 1:
		return pointer;
	case 2: /* total length */
	case 3:
		return 4;
	case 8: /* time to live */
		return 7;
	case 9: /* protocol */
		return 6;
	case 12:
	case 13:
	case 14:
	case 15:
		return 8;
	case 16:
	case 17:
	case 18:
	case 19:
		return 24;
	default:
		return -1;
	}
}

/* RFC 7915 figure 6. */
TRANSLATE int pointer_to4(__u32 pointer)
{
	if (pointer <= 1)
		return (int)pointer;
	if (pointer == 4 || pointer == 5)
		return 2;
	if (pointer == 6)
		return 9;
	if (pointer == 7)
		return 8;
	if (pointer >= 8 && pointer <= 23)
		return 12;
	if (pointer >= 24 && pointer <= 39)
		return 16;
	return -1;
}

TRANSLATE struct icmp_map icmp_to6(const struct icmp *icmp)
{
	int pointer;

	switch (icmp->type) {
	case ICMP_ECHO:
		return ICMP_MAPPED(ICMP_PING, ICMP6_ECHO, icmp->code, 0);
	case ICMP_ECHO_REPLY:
		return ICMP_MAPPED(ICMP_PING, ICMP6_ECHO_REPLY, icmp->code, 0);
	case ICMP_UNREACHABLE:
		return unreachable_to6(icmp->code);
	case ICMP_TIME_EXCEEDED:
		return ICMP_MAPPED(ICMP_ERROR, ICMP6_TIME_EXCEEDED, icmp->code, 0);
	case ICMP_PARAMETER:
		pointer = icmp->code == 0 || icmp->code == 2 ? pointer_to6(icmp->octets[0]) : -1;
		if (pointer >= 0)
			return ICMP_MAPPED(ICMP_POINTER, ICMP6_PARAMETER, 0, (__u32)pointer);
	}
	return ICMP_MAPPED(ICMP_NONE, 0, 0, 0);
}

TRANSLATE struct icmp_map unreachable_to4(__u8 code)
{
	switch (code) {
	case 0: /* no route, beyond scope of source, address */
	case 2:
	case 3:
		return ICMP_MAPPED(ICMP_ERROR, ICMP_UNREACHABLE, 1, 0);
	case 1: /* prohibited */
		return ICMP_MAPPED(ICMP_ERROR, ICMP_UNREACHABLE, 10, 0);
	case 4: /* port */
		return ICMP_MAPPED(ICMP_ERROR, ICMP_UNREACHABLE, 3, 0);
	default:
		return ICMP_MAPPED(ICMP_NONE, 0, 0, 0);
	}
}

TRANSLATE struct icmp_map parameter_to4(const struct icmp *icmp)
{
	int pointer;

	if (icmp->code == 1) /* next header not known: protocol unreachable */
		return ICMP_MAPPED(ICMP_ERROR, ICMP_UNREACHABLE, 2, 0);
	pointer = icmp->code == 0 ? pointer_to4(BE32(icmp->word)) : -1;
	if (pointer >= 0)
		return ICMP_MAPPED(ICMP_POINTER, ICMP_PARAMETER, 0, (__u32)pointer);
	return ICMP_MAPPED(ICMP_NONE, 0, 0, 0);
}

TRANSLATE struct icmp_map icmp_to4(const struct icmp *icmp)
{
	switch (icmp->type) {
	case ICMP6_ECHO:
		return ICMP_MAPPED(ICMP_PING, ICMP_ECHO, icmp->code, 0);
	case ICMP6_ECHO_REPLY:
		return ICMP_MAPPED(ICMP_PING, ICMP_ECHO_REPLY, icmp->code, 0);
	case ICMP6_UNREACHABLE:
		return unreachable_to4(icmp->code);
	case ICMP6_TOO_BIG:
		return ICMP_MAPPED(ICMP_MTU, ICMP_UNREACHABLE, 4, 0);
	case ICMP6_TIME_EXCEEDED:
		return ICMP_MAPPED(ICMP_ERROR, ICMP_TIME_EXCEEDED, icmp->code, 0);
	case ICMP6_PARAMETER:
		return parameter_to4(icmp);
	default:
		return ICMP_MAPPED(ICMP_NONE, 0, 0, 0);
	}
}

/* RFC 1191 section 7.1: what a router that doesn't tell its MTU probably has; `length` of the packet it refused. */
TRANSLATE __u32 mtu_plateau(__u32 length)
{
	if (length > 32000)
		return 32000;
	if (length > 17914)
		return 17914;
	if (length > 8166)
		return 8166;
	if (length > 4352)
		return 4352;
	if (length > 2002)
		return 2002;
	if (length > 1492)
		return 1492;
	if (length > 1006)
		return 1006;
	if (length > 508)
		return 508;
	return length > 296 ? 296 : 68;
}

/* RFC 7915 section 4.2. `mtu` as told, `length` of the packet that was refused; 0 in the configuration: not known. */
TRANSLATE __u32 mtu_to6(const struct nat64_config *config, __u32 mtu, __u32 length)
{
	__u32 mtu6 = (mtu ? mtu : mtu_plateau(length)) + 20;

	if (mtu6 > config->mtu6)
		mtu6 = config->mtu6;
	if (config->mtu4 && mtu6 > config->mtu4 + 20)
		mtu6 = config->mtu4 + 20;
	return mtu6 < IP6_MTU_MIN ? IP6_MTU_MIN : mtu6;
}

/* RFC 7915 section 5.2. Never below what RFC 791 asks of every link; the field has 16 bits. */
TRANSLATE __u32 mtu_to4(const struct nat64_config *config, __u32 mtu)
{
	__u32 mtu4 = mtu < 68 + 20 ? 68 : mtu - 20;

	if (mtu4 > config->mtu6 - 20)
		mtu4 = config->mtu6 - 20;
	if (config->mtu4 && mtu4 > config->mtu4)
		mtu4 = config->mtu4;
	return mtu4 > 65535 ? 65535 : mtu4;
}

/*
 * RFC 4884: does this error have a length field for the original datagram, so that extensions may follow? The field
 * is octet 5 of an ICMP message (units of 4 octets), octet 4 of an ICMPv6 one (units of 8).
 */
TRANSLATE int has_length4(__u8 type)
{
	return type == ICMP_UNREACHABLE || type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETER;
}

TRANSLATE int has_length6(__u8 type)
{
	return type == ICMP6_UNREACHABLE || type == ICMP6_TIME_EXCEEDED;
}
