"""Things that belong to users: everybody sees their own, administrators see all."""

from typing import Annotated, Any

from sqlmodel import func, select

from fasterapi import APIRouter, Depends, HTTPException, Query

from .dependencies import CurrentUser, SessionDep
from .models import Item, ItemBase, ItemPublic, ItemsPublic, ItemUpdate

router = APIRouter(prefix="/items", tags=["items"])


def own_item(item_id: int, session: SessionDep, user: CurrentUser) -> Item:
    item = session.get(Item, item_id)
    if item is None:
        raise HTTPException(404, "Item not found")
    if not user.is_superuser and item.owner_id != user.id:
        raise HTTPException(403, "Not enough permissions")
    return item


OwnItem = Annotated[Item, Depends(own_item)]


@router.get("/", response_model=ItemsPublic)
def read_items(
    session: SessionDep,
    user: CurrentUser,
    skip: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 100,
) -> Any:
    items, count = select(Item), select(func.count()).select_from(Item)
    if not user.is_superuser:
        items, count = items.where(Item.owner_id == user.id), count.where(Item.owner_id == user.id)
    rows = session.exec(items.order_by(Item.id).offset(skip).limit(limit)).all()
    return {"data": rows, "count": session.exec(count).one()}


@router.post("/", response_model=ItemPublic, status_code=201)
def create_item(session: SessionDep, user: CurrentUser, entry: ItemBase) -> Any:
    item = Item.model_validate(entry, update={"owner_id": user.id})
    session.add(item)
    session.commit()
    session.refresh(item)
    return item


@router.get("/{item_id}", response_model=ItemPublic)
def read_item(item: OwnItem) -> Any:
    return item


@router.patch("/{item_id}", response_model=ItemPublic)
def update_item(session: SessionDep, item: OwnItem, change: ItemUpdate) -> Any:
    item.sqlmodel_update(change.model_dump(exclude_unset=True))
    session.add(item)
    session.commit()
    session.refresh(item)
    return item


@router.delete("/{item_id}", status_code=204)
def delete_item(session: SessionDep, item: OwnItem) -> None:
    session.delete(item)
    session.commit()
