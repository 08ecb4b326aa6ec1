// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>

#include "cmd/fuse.h"
#include "cmd/volume_guard.h"
#include "engine/error.h"
#include "engine/io/in_use.h"
#include "engine/io/open_image.h"

namespace ocfs2 {
namespace {

constexpr u64 view_ms = 5000;  ///< how old what is seen of a volume that others change may become

OpenOptions as_far_as_possible() {
  return {.unknown_features = true, .unfinished_change = true, .cache_bytes = ExclusiveVolume::cache_bytes};
}

}  // namespace

bool FuseRequest::has_word(std::string_view word) const {
  return std::ranges::find(words, word) != words.end();
}

FuseVolume::FuseVolume(const FuseRequest& request, Console& console) {
  bool looks = request.read_only || request.rescue;
  if (!looks && !request.must_write && write_protected(request.device)) {
    console.warn(fmt::format("{} is write-protected: it is mounted read-only", request.device));
    looks = true;
  }
  if (looks)
    open_to_look(request, console);
  else
    open_to_write(request, console);
}

FuseVolume::~FuseVolume() = default;

void FuseVolume::open_to_write(const FuseRequest& request, Console& console) {
  view_ = std::make_shared<View>();
  view_->own = std::make_unique<ExclusiveVolume>(request.device, request.offline, "-o ro", console);
  file_ = &view_->own->device();
  file_->cache_no_large_writes();  // the kernel above caches them
  Volume& volume = view_->own->volume();
  if (!volume.inode(volume.root())->is_directory())
    fail(ErrorKind::corrupt, "{}: the root is no directory; run: fsck.ocfs2 -f {}", name(), name());
  view_->node = &view_->own->node();
  view_->node->before_reuse([this] { const std::lock_guard wait_for_readers(reading_); });
  view_->node->delete_orphans();
  reads_aside_ = true;
}

void FuseVolume::open_to_look(const FuseRequest& request, Console& console) {
  auto file = FileDevice::open(request.device, Access::read_only);
  file_ = file.get();
  reads_aside_ = image_form(*file) == ImageForm::plain && !request.rescue;
  device_ = look_inside(std::move(file));
  in_use_ = std::ranges::any_of(uses_of(request.device),
                                [](const Use& use) { return use.what == Use::What::mounted; });
  view_ = look(request.rescue, console);
  seen_ms_ = monotonic_ms();
  Volume& volume = view_->node->volume();
  if (reads_aside_ && !volume.cluster().local)
    shared_ = std::ranges::any_of(volume.slot_map(), [](const auto& node) { return node.has_value(); });
  shared_ = shared_ || in_use_;
  if (shared_)
    console.warn(fmt::format(
        "{} {}: what is seen here may be some seconds old, and change while it is read", name(),
        in_use_ ? "is mounted on this host" : "may be mounted by the nodes that its slot map names"));
}

std::shared_ptr<FuseVolume::View> FuseVolume::look(bool rescue, Reporter& reporter) {
  auto view = std::make_shared<View>();
  try {
    view->volume = Volume::open(*device_, as_far_as_possible());
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::corrupt) throw;
    if (!rescue)
      fail(ErrorKind::corrupt, "{}. As it would be after a repair, which is made in memory: -o rescue",
           error.what());
  }
  view->views = std::make_unique<RescueViews>(*device_, view->volume.get(), in_use_);
  Volume& shown =
      rescue ? view->views->mended(reporter, present_moment().seconds) : view->views->replayed(reporter);
  view->looking = std::make_unique<Node>(shown);
  view->node = view->looking.get();
  return view;
}

/// Of a volume that others change a new view is taken now and then. While that cannot be had, the old one
/// stays.
void FuseVolume::renew_when_old() {
  if (!shared_ || monotonic_ms() - seen_ms_ < view_ms) return;
  seen_ms_ = monotonic_ms();
  SilentReporter nobody;
  try {
    view_ = look(false, nobody);
  } catch (const Error&) {  // its nodes were writing just then
  }
}

std::size_t FuseVolume::read(InodeNo inode, u64 offset, Bytes into, bool noting) {
  std::unique_lock hold(mutex_);
  renew_when_old();
  if (noting) view_->node->note_access(inode);
  const std::shared_ptr<View> view = view_;  // stays while it is read from
  const auto pieces = reads_aside_ ? view->node->pieces(inode, offset, into.size()) : std::nullopt;
  if (!pieces) return view->node->read(inode, offset, into);
  const std::shared_lock reading(reading_);
  hold.unlock();
  return FileData::read_pieces(view->node->volume().device(), *pieces, into);
}

void FuseVolume::close() {
  with([](Node& node) { node.close(); });
}

}  // namespace ocfs2
