"""What handlers ask for: a session, the user who is logged in, an administrator."""

from collections.abc import Iterator
from typing import Annotated

from sqlmodel import Session

from fasterapi import Depends, HTTPException, Request
from fasterapi.security import OAuth2PasswordBearer

from .models import User
from .security import read_token

bearer = OAuth2PasswordBearer(tokenUrl="/api/login/access-token")


def open_session(request: Request) -> Iterator[Session]:
    with Session(request.app.state.engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(open_session)]


def current_user(
    request: Request, session: SessionDep, token: Annotated[str, Depends(bearer)]
) -> User:
    user_id = read_token(token, request.app.state.secret)
    if user_id is None:
        raise HTTPException(403, "Could not validate credentials")
    user = session.get(User, user_id)
    if user is None:
        raise HTTPException(404, "User not found")
    return user


CurrentUser = Annotated[User, Depends(current_user)]


def current_superuser(user: CurrentUser) -> User:
    if not user.is_superuser:
        raise HTTPException(403, "The user doesn't have enough privileges")
    return user
