// SPDX-License-Identifier: GPL-2.0-or-later
//
// Catch2's own part of the unit tests, compiled once because it takes long.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
