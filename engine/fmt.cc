// SPDX-License-Identifier: GPL-2.0-or-later
//
// Debian ships fmt as a shared library only; this compiles it into the binary, once.
#include <fmt/format-inl.h>

#include <fmt/format.h>

FMT_BEGIN_NAMESPACE
template FMT_API auto detail::dragonbox::to_decimal(float) -> dragonbox::decimal_fp<float>;
template FMT_API auto detail::dragonbox::to_decimal(double) -> dragonbox::decimal_fp<double>;
template FMT_API auto detail::thousands_sep_impl(locale_ref) -> thousands_sep_result<char>;
template FMT_API auto detail::decimal_point_impl(locale_ref) -> char;
template FMT_API void detail::buffer<char>::append(const char*, const char*);
template FMT_API void detail::vformat_to(detail::buffer<char>&, string_view,
                                         basic_format_args<FMT_BUFFER_CONTEXT(char)>, locale_ref);
FMT_END_NAMESPACE
