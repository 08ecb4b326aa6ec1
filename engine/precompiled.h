// SPDX-License-Identifier: GPL-2.0-or-later
//
// The headers of others that half of the files include, compiled once. Every file still includes what it
// uses: the fuzz targets are built without this.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>
