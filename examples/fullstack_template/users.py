"""Registration, login, and the users themselves."""

from typing import Annotated, Any

from sqlmodel import func, select

from fasterapi import APIRouter, Depends, HTTPException, Query, Request
from fasterapi.security import OAuth2PasswordRequestForm

from .dependencies import CurrentUser, SessionDep, current_superuser
from .models import Token, User, UserPublic, UserRegister, UsersPublic, UserUpdate
from .security import hash_password, make_token, verify_password

login = APIRouter(tags=["login"])
router = APIRouter(prefix="/users", tags=["users"])


@login.post("/login/access-token")
def log_in(
    request: Request, session: SessionDep, form: Annotated[OAuth2PasswordRequestForm, Depends()]
) -> Token:
    user = session.exec(select(User).where(User.email == form.username)).first()
    if user is None or not verify_password(form.password, user.hashed_password):
        raise HTTPException(400, "Incorrect email or password")
    return Token(access_token=make_token(user.id, request.app.state.secret))


@router.post("/signup", response_model=UserPublic, status_code=201)
def register(session: SessionDep, entry: UserRegister) -> Any:
    if session.exec(select(User).where(User.email == entry.email)).first():
        raise HTTPException(409, "The user with this email already exists")
    user = User(
        email=entry.email,
        full_name=entry.full_name,
        hashed_password=hash_password(entry.password),
    )
    session.add(user)
    session.commit()
    session.refresh(user)
    return user


@router.get("/", response_model=UsersPublic, dependencies=[Depends(current_superuser)])
def read_users(
    session: SessionDep, skip: int = 0, limit: Annotated[int, Query(le=100)] = 100
) -> Any:
    users = session.exec(select(User).order_by(User.id).offset(skip).limit(limit)).all()
    return {"data": users, "count": session.exec(select(func.count()).select_from(User)).one()}


@router.get("/me", response_model=UserPublic)
def read_me(user: CurrentUser) -> Any:
    return user


@router.patch("/me", response_model=UserPublic)
def update_me(session: SessionDep, user: CurrentUser, change: UserUpdate) -> Any:
    user.sqlmodel_update(change.model_dump(exclude_unset=True))
    session.add(user)
    session.commit()
    session.refresh(user)
    return user


@router.delete("/me", status_code=204)
def delete_me(session: SessionDep, user: CurrentUser) -> None:
    session.delete(user)
    session.commit()
