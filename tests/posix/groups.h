// SPDX-License-Identifier: GPL-2.0-or-later
//
// The groups of cases that posix_cases goes through.
#pragma once

#include "tests/posix/cases.h"

namespace ocfs2::probe {

void path_errors(Cases& cases);
void read_only_mount(Cases& cases);
void permissions_of_files(Cases& cases);
void permissions_of_folders(Cases& cases);
void modes(Cases& cases);
void owners(Cases& cases);
void set_id_bits(Cases& cases);
void creation(Cases& cases);
void group_of_folder(Cases& cases);
void opening(Cases& cases);
void devices(Cases& cases);
void symlinks(Cases& cases);
void hard_links(Cases& cases);
void unlinking(Cases& cases);
void nameless_files(Cases& cases);
void folders_removed(Cases& cases);
void renaming(Cases& cases);
void renaming_folders(Cases& cases);
void renaming_with_flags(Cases& cases);
void sticky_folders(Cases& cases);
void seeking(Cases& cases);
void truncation(Cases& cases);
void times_set(Cases& cases);
void times_permitted(Cases& cases);
void contents(Cases& cases);
void reserved_space(Cases& cases);
void attributes(Cases& cases);
void access_lists(Cases& cases);
void inherited_lists(Cases& cases);
void immutable_files(Cases& cases);
void names(Cases& cases);
void folder_reading(Cases& cases);

}  // namespace ocfs2::probe
