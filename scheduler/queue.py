"""The indexed two-key queue: a heap, with an unsorted buffer for what has just arrived.

Source: Semantic Scheduling for LLM Inference (arXiv 2506.12204), section on data structures.
An arrival is appended to the buffer, which only remembers its best element: O(1) on the
critical path. `merge` moves the buffer into the heap, O(k log n), while the engine computes.

Ours: `merge` also keeps the next few in a small heap of their own, the front. Taking the best
there touches few cache lines, however many wait behind; on an empty front it is O(log n).
Changing a key and removing are O(log n) amortised: an entry that was replaced stays where it is
and is dropped when it comes to the top, or when such entries are the majority, so that memory
stays O(n).
"""

import heapq
from collections.abc import Hashable, Iterator
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Key = tuple[float, ...]
# The key's numbers, then the order of arrival in the queue (ties are stable), then the item's
# name: flat, because comparing nested tuples takes twice as long.
_Entry = tuple[Any, ...]
SLACK = 64  # stale entries that are not worth a clean-up
FRONT = 64  # entries that `merge` keeps in front
MOST_IN_FRONT = 1024  # with those that came later and belong before them


class IndexedQueue(Generic[Item]):
    """Items by name, the smallest key first. Keys of one queue have the same length."""

    def __init__(self) -> None:
        self._heap: list[_Entry] = []
        # A heap, too. Nothing in it comes after `_limit`, nothing in `_heap` comes before.
        self._front: list[_Entry] = []
        self._limit: _Entry = ()
        self._buffer: list[_Entry] = []
        self._best: _Entry | None = None  # the smallest entry of the buffer, always live
        self._live: dict[Hashable, _Entry] = {}
        self._items: dict[Hashable, Item] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, name: Hashable) -> bool:
        return name in self._items

    def __iter__(self) -> Iterator[Item]:
        """All items, in no order."""
        return iter(self._items.values())

    def push(self, name: Hashable, key: Key, item: Item) -> None:
        """Add an item, O(1). Raises KeyError when the name is in the queue already."""
        if name in self._items:
            raise KeyError(f"{name!r} is in the queue already")
        self._count += 1
        entry = (*key, self._count, name)
        self._items[name] = item
        self._live[name] = entry
        self._buffer.append(entry)
        if self._best is None or entry < self._best:
            self._best = entry

    def change_key(self, name: Hashable, key: Key) -> None:
        """Give an item another place, O(log n); ties still go by its first arrival.

        Raises KeyError when there is no such item.
        """
        old = self._live[name]
        entry = (*key, *old[-2:])
        if entry == old:
            return
        self._live[name] = entry
        heapq.heappush(self._front if entry < self._limit else self._heap, entry)
        if self._best is old:
            self._empty_buffer()
        self._compact()

    def remove(self, name: Hashable) -> Item:
        """Take an item out by name, O(log n). Raises KeyError when there is no such item."""
        item = self._items.pop(name)
        entry = self._live.pop(name)
        if self._best is entry:
            self._empty_buffer()
        self._compact()
        return item

    def get(self, name: Hashable) -> Item | None:
        """The item of that name, left where it is."""
        return self._items.get(name)

    def peek(self) -> Item | None:
        """The item with the smallest key, left in the queue; None when empty."""
        entry = self._first()
        return None if entry is None else self._items[entry[-1]]

    def first(self) -> tuple[Key, Item] | None:
        """The smallest key and its item, left in the queue; None when empty."""
        entry = self._first()
        return None if entry is None else (entry[:-2], self._items[entry[-1]])

    def pop(self) -> Item:
        """Take the item with the smallest key. Raises IndexError when empty."""
        entry = self._first()
        if entry is None:
            raise IndexError("the queue is empty")
        del self._live[entry[-1]]
        if entry is self._best:
            self._empty_buffer()
        else:
            heapq.heappop(self._front or self._heap)
        item = self._items.pop(entry[-1])
        self._compact()
        return item

    def merge(self) -> None:
        """Move the buffer into the heap, and the next few to the front.

        Call it off the critical path.
        """
        if self._buffer:
            self._empty_buffer()
        front = self._front
        if len(front) < FRONT // 2:
            self._fill_front()
        elif len(front) > MOST_IN_FRONT:
            self._spill_front()

    def _empty_buffer(self) -> None:
        live, limit = self._live, self._limit
        behind = []
        for entry in self._buffer:
            if live.get(entry[-1]) is not entry:
                continue
            if entry < limit:
                heapq.heappush(self._front, entry)
            else:
                behind.append(entry)
        _push_all(self._heap, behind)
        self._buffer.clear()
        self._best = None

    def _spill_front(self) -> None:
        live = self._live
        front = sorted(entry for entry in self._front if live.get(entry[-1]) is entry)
        self._front = front[:FRONT]
        if front[FRONT:]:
            self._limit = front[FRONT]
            _push_all(self._heap, front[FRONT:])

    def _fill_front(self) -> None:
        live, heap, front = self._live, self._heap, self._front
        while heap and len(front) < FRONT:
            entry = heapq.heappop(heap)
            if live.get(entry[-1]) is entry:
                front.append(entry)  # not before any other there, so it is a heap still
                self._limit = entry

    def _first(self) -> _Entry | None:
        live = self._live
        for heap in (self._front, self._heap):
            while heap and live.get(heap[0][-1]) is not heap[0]:
                heapq.heappop(heap)
            if heap:
                return heap[0] if self._best is None or heap[0] < self._best else self._best
        return self._best

    def _compact(self) -> None:
        live, limit = self._live, 2 * len(self._items) + SLACK
        if len(self._buffer) > limit:
            self._buffer = [entry for entry in self._buffer if live.get(entry[-1]) is entry]
        if len(self._heap) > limit:
            self._heap = [entry for entry in self._heap if live.get(entry[-1]) is entry]
            heapq.heapify(self._heap)


def _push_all(heap: list[_Entry], entries: list[_Entry]) -> None:
    if len(entries) > len(heap) // 4:  # heapify is O(n): cheaper than many pushes
        heap.extend(entries)
        heapq.heapify(heap)
    else:
        for entry in entries:
            heapq.heappush(heap, entry)
