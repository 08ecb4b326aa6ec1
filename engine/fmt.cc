// SPDX-License-Identifier: GPL-2.0-or-later
//
// Debian ships fmt as a shared library only; this compiles it into the binary, once. Its thousands
// separator is fixed: asking a locale for it would bring the C++ locales into the binary.
#define FMT_STATIC_THOUSANDS_SEPARATOR ','
#include <fmt/format-inl.h>

FMT_BEGIN_NAMESPACE
// Declared as compiled elsewhere by fmt/format.h.
template FMT_API auto detail::thousands_sep_impl(locale_ref) -> thousands_sep_result<char>;
template FMT_API auto detail::decimal_point_impl(locale_ref) -> char;
FMT_END_NAMESPACE
