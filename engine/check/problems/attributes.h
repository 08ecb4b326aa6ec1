// SPDX-License-Identifier: GPL-2.0-or-later
//
// What may be wrong with extended attributes (spec: fsck-checks.md B5, ondisk.md 14.64 to 70).
#pragma once

#include "engine/check/problem.h"

namespace ocfs2::problem {

inline constexpr Problem XATTR_BLOCK_INVALID = {
    .code = "XATTR_BLOCK_INVALID",
    .severity = Severity::loss,
    .found = "Inode {inode} keeps attributes in block {block}, which is no attribute block: {detail}.",
    .question = "Let the inode forget these attributes?",
    .refusal = "reading the attributes of this inode will fail",
    .explanation =
        "An inode refers to a block with extended attributes, and what lies there is not such a block. The "
        "attributes in it (and in buckets below it) cannot be found any more. Mending clears the reference; "
        "attributes inside the inode itself stay.",
};

/// The same when attributes can be seen in it.
inline constexpr Problem XATTR_BLOCK_NOT_INDEXED = {
    .code = "XATTR_BLOCK_INVALID",
    .found = "The attribute block {block} of inode {inode} holds attributes, but {detail}.",
    .question = "Take it for what it holds?",
    .refusal = "reading the attributes of this inode will fail",
    .explanation = XATTR_BLOCK_INVALID.explanation,
};

inline constexpr Problem XATTR_BLOCK_BLKNO = {
    .code = "XATTR_BLOCK_BLKNO",
    .unattended = Answer::yes,
    .found = "The attribute block {block} of inode {inode} says that it lies at block {found}.",
    .question = "Correct its recorded block?",
    .refusal = "the kernel will refuse to read these attributes",
    .explanation =
        "A block with extended attributes carries its own number, and this one carries another. All else "
        "in it says that it belongs where it was found.",
};

inline constexpr Problem XATTR_BLOCK_GEN = {
    .code = "XATTR_BLOCK_GEN",
    .found =
        "The attribute block {block} of inode {inode} has generation {found_hex}, the volume has "
        "{expected_hex}.",
    .question = "Correct its generation?",
    .refusal = "the kernel will refuse to read these attributes",
    .explanation =
        "Every block of metadata carries the generation that the volume got when it was formatted. A block "
        "with another one may be left over from an earlier volume; but the inode refers to it, and it says "
        "that it belongs where it is.",
};

inline constexpr Problem XATTR_FLAG_INVALID = {
    .code = "XATTR_FLAG_INVALID",
    .unattended = Answer::yes,
    .found = "Inode {inode} is marked as having extended attributes, which this volume cannot have.",
    .question = "Clear the flag?",
    .explanation =
        "The volume does not have the feature xattr, and nowhere in the inode are attributes; only its flag "
        "says that there were some.",
};

inline constexpr Problem XATTR_FLAG_MISSING = {
    .code = "XATTR_FLAG_MISSING",
    .unattended = Answer::yes,
    .found = "Inode {inode} has extended attributes, but its flag for them is not set.",
    .question = "Set the flag?",
    .refusal = "its attributes cannot be seen, and are not freed with it",
    .explanation =
        "An inode with an attribute area inside it, or with an attribute block, has the flag HasXattr. "
        "Without it the kernel acts as if there were no attributes.",
};

inline constexpr Problem XATTR_INLINE_SIZE_INVALID = {
    .code = "XATTR_INLINE_SIZE_INVALID",
    .found =
        "The attribute area inside inode {inode} claims {found} bytes, but {expected} are set aside for it.",
    .question = "Correct its size?",
    .refusal = "the attributes inside this inode cannot be read",
    .explanation =
        "An inode may keep small attributes in an area at its end; 256 bytes on every volume so far. The "
        "size "
        "that the inode records cannot be right, or does not leave what its data needs.",
};

inline constexpr Problem XATTR_INLINE_AREA_INVALID = {
    .code = "XATTR_INLINE_AREA_INVALID",
    .severity = Severity::loss,
    .found = "Inode {inode} says that it keeps attributes at its end in {found} bytes, where there are none.",
    .question = "Let it forget this area?",
    .refusal = "the attributes inside this inode cannot be read",
    .explanation =
        "The flag that an inode keeps attributes at its end is set, but the recorded size is impossible, and "
        "what lies there is no set of attributes. Mending clears the flag.",
};

inline constexpr Problem XATTR_COUNT_INVALID = {
    .code = "XATTR_COUNT_INVALID",
    .severity = Severity::loss,
    .found =
        "The attributes of inode {inode} in the {name} at block {block} count {found} entries; {expected} "
        "can be seen.",
    .question = "Correct the count?",
    .refusal = "the attributes in this place stay unreadable",
    .explanation =
        "The number of attributes in an inode, a block or a bucket does not agree with the entries that are "
        "there. Mending sets it so that all entries that can be understood are kept, and no others.",
};

inline constexpr Problem XATTR_ENTRY_INVALID = {
    .code = "XATTR_ENTRY_INVALID",
    .severity = Severity::loss,
    .found =
        "Attribute entry {index} of inode {inode} in the {name} at block {block} lies where another "
        "attribute has its name and value.",
    .question = "Remove the entry?",
    .refusal = "one of the two attributes is read wrongly",
    .explanation =
        "The table of attributes reaches into the name or value of an attribute before. Since both cannot be "
        "true, the later entry is removed.",
};

inline constexpr Problem XATTR_TYPE_INVALID = {
    .code = "XATTR_TYPE_INVALID",
    .severity = Severity::loss,
    .found =
        "Attribute entry {index} of inode {inode} in the {name} at block {block} is of no known kind "
        "({detail}).",
    .question = "Remove the attribute?",
    .refusal = "nobody can read or remove this attribute",
    .explanation =
        "Attributes are user, trusted, security attributes or one of two access control lists, which have no "
        "name of their own. This one is none of these, or has a name where there may be none, or no name "
        "where "
        "there must be one.",
};

inline constexpr Problem XATTR_NAME_OFFSET_INVALID = {
    .code = "XATTR_NAME_OFFSET_INVALID",
    .severity = Severity::loss,
    .found =
        "The name of attribute entry {index} of inode {inode} in the {name} at block {block} lies at offset "
        "{found}, outside its place.",
    .question = "Remove the attribute?",
    .refusal = "reading the attributes of this inode fails or shows wrong data",
    .explanation =
        "An entry says where in the inode, block or bucket its name begins; this place lies outside, or "
        "among "
        "the entries. The name cannot be known.",
};

inline constexpr Problem XATTR_NAME_INVALID = {
    .code = "XATTR_NAME_INVALID",
    .severity = Severity::loss,
    .found =
        "The name of attribute entry {index} of inode {inode} in the {name} at block {block} is overwritten "
        "(\"{detail}\").",
    .question = "Remove the attribute?",
    .refusal = "nobody can read or remove this attribute",
    .explanation =
        "The name of an attribute holds a zero byte, which no name can, and does not agree with its hash: it "
        "was overwritten.",
};

inline constexpr Problem XATTR_LOCATION_INVALID = {
    .code = "XATTR_LOCATION_INVALID",
    .severity = Severity::loss,
    .found =
        "Attribute {detail} of inode {inode} in the {name} at block {block} has a value of {found} bytes, "
        "which "
        "cannot lie where it says.",
    .question = "Remove the attribute?",
    .refusal = "reading this attribute fails or shows wrong data",
    .explanation =
        "Values of up to 80 bytes lie beside the name, larger ones in clusters of their own. The entry says "
        "the opposite of what the size asks for, so one of the two is wrong.",
};

inline constexpr Problem XATTR_VALUE_INVALID = {
    .code = "XATTR_VALUE_INVALID",
    .severity = Severity::loss,
    .found =
        "Attribute {detail} of inode {inode} in the {name} at block {block} has its name and value at offset "
        "{found}, where another's lie or its place ends.",
    .question = "Remove the attribute?",
    .refusal = "one of the two attributes is read wrongly",
    .explanation =
        "The name and value of an attribute overlap those of another, or do not fit where they are said to "
        "be. The later one is removed.",
};

inline constexpr Problem XATTR_HASH_INVALID = {
    .code = "XATTR_HASH_INVALID",
    .found =
        "Attribute {detail} of inode {inode} in the {name} at block {block} has the name hash {found_hex}; "
        "its "
        "name gives {expected_hex}.",
    .question = "Correct the hash?",
    .refusal = "the attribute may not be found by its name",
    .explanation =
        "Attributes are looked up by a hash of their names. Both ways in which kernels compute it were "
        "tried, "
        "and neither gives what is recorded.",
};

inline constexpr Problem XATTR_DUPLICATE = {
    .code = "XATTR_DUPLICATE",
    .severity = Severity::loss,
    .found = "Inode {inode} has the attribute {detail} twice; the second is in the {name} at block {block}.",
    .question = "Remove the second?",
    .refusal = "which value is read depends on where the kernel looks first",
    .explanation =
        "A name occurs once among the attributes of an inode. The kernel reads the first of the two, so the "
        "second is removed.",
};

inline constexpr Problem XATTR_VALUE_SHORT = {
    .code = "XATTR_VALUE_SHORT",
    .severity = Severity::loss,
    .found =
        "Attribute {detail} of inode {inode} has a value of {expected} bytes, of which only {found} are "
        "left.",
    .question = "Remove the attribute?",
    .refusal = "reading this attribute fails",
    .explanation =
        "The clusters of a large attribute value hold less than the value's size. A value that was cut off "
        "could mean something else than the whole (an access control list, a label), so the attribute is "
        "removed.",
};

inline constexpr Problem XATTR_VALUE_CLUSTERS = {
    .code = "XATTR_VALUE_CLUSTERS",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found = "The value of attribute {detail} of inode {inode} counts {found} clusters, but has {expected}.",
    .question = "Correct the count?",
    .explanation =
        "The root of a large attribute value counts the clusters of the value. The count does not agree with "
        "its extents.",
};

inline constexpr Problem XATTR_VALUE_LAST_LEAF = {
    .code = "XATTR_VALUE_LAST_LEAF",
    .unattended = Answer::yes,
    .found =
        "The value of attribute {detail} of inode {inode} names block {found} as its last extent block; it "
        "is "
        "{expected}.",
    .question = "Correct it?",
    .explanation =
        "The root of a tree of extents names its last leaf, 0 when there are no leaves below the root. This "
        "one names another block.",
};

inline constexpr Problem XATTR_FREE_START_INVALID = {
    .code = "XATTR_FREE_START_INVALID",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found =
        "The attribute bucket at block {block} of inode {inode} says that its free space ends at offset "
        "{found}; its lowest value lies at {expected}.",
    .question = "Correct it?",
    .refusal = "the next attribute may overwrite another, or the kernel stops",
    .explanation =
        "A bucket records down to where its names and values reach. A lower number is no fault: removing an "
        "attribute leaves a hole. A higher one, or one among the entries, is.",
};

inline constexpr Problem XATTR_VALUE_LEN_INVALID = {
    .code = "XATTR_VALUE_LEN_INVALID",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found =
        "The attribute bucket at block {block} of inode {inode} counts {found} bytes of names and values; "
        "there are {expected}.",
    .question = "Correct it?",
    .refusal = "the kernel misjudges the room in this bucket",
    .explanation =
        "A bucket records how many bytes its names and values take together, to know when packing them "
        "together makes room. A higher number is no fault: the kernel leaves it when a value gets shorter.",
};

inline constexpr Problem XATTR_BUCKET_ORDER = {
    .code = "XATTR_BUCKET_ORDER",
    .unattended = Answer::yes,
    .found =
        "The attribute bucket at block {block} of inode {inode} is not in the order of its hashes (entry "
        "{index}).",
    .question = "Sort it?",
    .refusal = "attributes are not found although they are there",
    .explanation =
        "The entries of a bucket are sorted by the hashes of their names, since the kernel searches them by "
        "halves.",
};

inline constexpr Problem XATTR_BUCKET_CROSSING = {
    .code = "XATTR_BUCKET_CROSSING",
    .unattended = Answer::yes,
    .found =
        "In the attribute bucket at block {block} of inode {inode} the attribute {detail} crosses the border "
        "between two blocks.",
    .question = "Pack the bucket anew?",
    .refusal = "reading this attribute shows wrong data or stops the kernel",
    .explanation =
        "Where a bucket has several blocks, the name and value of each attribute lie inside one of them. "
        "Mending moves them so that this holds; nothing is lost.",
};

inline constexpr Problem XATTR_BUCKET_COUNT_INVALID = {
    .code = "XATTR_BUCKET_COUNT_INVALID",
    .severity = Severity::loss,
    .found =
        "The attribute buckets of inode {inode} that begin at block {block} count {found}; {expected} can be "
        "seen.",
    .question = "Correct the count?",
    .refusal = "the attributes in these buckets stay unreadable",
    .explanation =
        "The first bucket of a run records how many buckets the run has in use. The number is 0 or more than "
        "the run holds; mending counts the buckets that can be understood.",
};

/// The same where nothing is left that could be counted.
inline constexpr Problem XATTR_BUCKETS_LOST = {
    .code = "XATTR_BUCKET_COUNT_INVALID",
    .severity = Severity::loss,
    .found = "The attribute index of inode {inode} leads to block {block}, and what lies there is no bucket.",
    .question = "Let the inode forget the attributes in these?",
    .refusal = "reading the attributes of this inode will fail",
    .explanation = XATTR_BUCKET_COUNT_INVALID.explanation,
};

inline constexpr Problem XATTR_INDEX_ORDER = {
    .code = "XATTR_INDEX_ORDER",
    .unattended = Answer::yes,
    .found =
        "The attribute index of inode {inode} leads to hash {found_hex} in the bucket at block {block} where "
        "it "
        "should not.",
    .question = "Sort all attributes of this inode into their buckets anew?",
    .refusal = "attributes are not found although they are there",
    .explanation =
        "Buckets, and the runs of buckets that the index leads to, follow each other in the order of hashes, "
        "from 0 on; each run holds the hashes from its own key up to the next. Mending takes all attributes "
        "of "
        "the inode and fills its buckets anew in the right order; nothing is lost.",
};

inline constexpr Problem XATTR_INDEX_CLUSTERS = {
    .code = "XATTR_INDEX_CLUSTERS",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found = "The attribute index of inode {inode} counts {found} clusters, but has {expected}.",
    .question = "Correct the count?",
    .explanation =
        "The root of an attribute index counts the clusters of its buckets. The count does not agree with "
        "its "
        "extents.",
};

inline constexpr Problem XATTR_INDEX_LAST_LEAF = {
    .code = "XATTR_INDEX_LAST_LEAF",
    .unattended = Answer::yes,
    .found =
        "The attribute index of inode {inode} names block {found} as its last extent block; it is "
        "{expected}.",
    .question = "Correct it?",
    .explanation =
        "The root of a tree of extents names its last leaf, 0 when there are no leaves below the root. This "
        "one names another block.",
};

inline constexpr const Problem* attribute_problems[] = {
    &XATTR_BLOCK_INVALID,       &XATTR_BLOCK_NOT_INDEXED,
    &XATTR_BUCKETS_LOST,        &XATTR_BLOCK_BLKNO,
    &XATTR_BLOCK_GEN,           &XATTR_FLAG_INVALID,
    &XATTR_FLAG_MISSING,        &XATTR_INLINE_SIZE_INVALID,
    &XATTR_INLINE_AREA_INVALID, &XATTR_COUNT_INVALID,
    &XATTR_ENTRY_INVALID,       &XATTR_TYPE_INVALID,
    &XATTR_NAME_OFFSET_INVALID, &XATTR_NAME_INVALID,
    &XATTR_LOCATION_INVALID,    &XATTR_VALUE_INVALID,
    &XATTR_HASH_INVALID,        &XATTR_DUPLICATE,
    &XATTR_VALUE_SHORT,         &XATTR_VALUE_CLUSTERS,
    &XATTR_VALUE_LAST_LEAF,     &XATTR_FREE_START_INVALID,
    &XATTR_VALUE_LEN_INVALID,   &XATTR_BUCKET_ORDER,
    &XATTR_BUCKET_CROSSING,     &XATTR_BUCKET_COUNT_INVALID,
    &XATTR_INDEX_ORDER,         &XATTR_INDEX_CLUSTERS,
    &XATTR_INDEX_LAST_LEAF,
};

}  // namespace ocfs2::problem
